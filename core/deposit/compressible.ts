/** Below this, what compressing saves is less than a packet of the network. */
const FEW_BYTES = 1024

/**
 * Ends of names whose content is text, or numbers and images without compression of their own. All others are stored: what
 * is compressed already would only cost time.
 */
const WORTH_IT = new Set(
  `csv tsv tab txt text md markdown rst tex bib ris cff log out dat asc ascii prn
   json jsonl ndjson geojson topojson jsonld xml xsd xsl rdf owl ttl nt nq n3 yaml yml toml ini cfg conf properties
   html htm xhtml css svg gml kml gpx wkt
   py r rmd qmd jl m do ado sas sps c h cc cpp hpp f f90 f95 java js mjs ts tsx jsx go rs rb pl php sh bat ps1 lua scala sql
   ipynb nb stan
   fasta fa fna faa ffn fastq fq vcf gff gff3 gtf gbk gb embl sam bed bedgraph wig newick nwk nex nexus phy aln clustal maf
   pdb cif mmcif mol mol2 sdf smi xyz gro top itp psf prmtop inpcrd cube gjf com inp chgcar
   eaf textgrid praat cha srt vtt trs conllu edf bdf vhdr vmrk
   bmp tif tiff ppm pgm nii fits wav aif aiff dcm stl obj ply off vtk step stp iges
   sav dta por sas7bdat dbf shp mat db sqlite sqlite3`.split(/\s+/),
)

/** Whether compressing a file is likely to make it smaller by much. By its name: nothing of it is read to find out. */
export function isWorthCompressing({ name, bytes }: { readonly name: string; readonly bytes: number }): boolean {
  const dot = name.lastIndexOf('.')
  return bytes >= FEW_BYTES && dot >= 0 && WORTH_IT.has(name.slice(dot + 1).toLowerCase())
}
